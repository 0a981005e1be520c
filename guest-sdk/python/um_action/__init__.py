"""Write actions for um-host in Python."""

from um_action.base import ActionError as ActionError
