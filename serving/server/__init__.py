"""The server under the application: uvicorn with time limits on connections, started and stopped cleanly."""
