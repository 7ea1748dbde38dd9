"""The routes of the service, version 1, and how they answer."""
