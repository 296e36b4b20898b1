"""The service's command of the `ngatu` tool."""

from api.commands.serve import register

__all__ = ["register"]
