"""What reads documents for the service: `base` is what the rest of the service knows of it.

    read ─▶ JobQueue ─▶ Slot ── pipe ──▶ worker process: load, OCR, decode, draw
                         │                     │ asks the student
                         └──▶ Batcher ─▶ Student (one in memory, on the GPU where there is one)

`local` puts the parts together; a Slot looks after one worker, restarts it when it dies and renews it in time.
"""
