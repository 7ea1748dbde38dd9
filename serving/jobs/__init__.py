"""Jobs: large batches, read in the background, that survive a killed process.

How a document travels. Its bytes lie in the spool; its row in the store says what became of it (queued, running, done,
failed, cancelled); a message with its number goes through the queue. A process takes a message, claims the row under a
lease, reads, and writes the record into the row in one step that only the holder of the lease can take. So a document
is read by one process at a time, and its record is written once, however often it was begun.

The queue is huey's (MIT, kept up since 2011; its storages for SQLite, Redis and PostgreSQL), chosen because
- it is the only kept-up library with an *embedded* SQLite queue beside Redis and PostgreSQL, all with priorities:
  dramatiq and arq want Redis (or RabbitMQ), saq Redis or PostgreSQL, procrastinate PostgreSQL, taskiq a broker, with
  only young third-party packages for SQLite;
- its storage can be used without its consumer, which runs threads or processes of its own: here documents are read in
  the service's event loop, beside interactive requests.
huey hands a message out by deleting it: what runs when the process is killed would be lost. So a message is a hint and
the store is the truth: leases that ran out, and documents whose message was lost, are announced again (upkeep.py).
Messages are bare numbers of documents, never huey's pickles: who can write to the queue can't make us run code.

The store is SQLAlchemy core (MIT): SQLite by default, PostgreSQL by URL. Several processes or machines share the work
by sharing store and queue; uploads then lie in the database, because folders aren't shared.
"""
