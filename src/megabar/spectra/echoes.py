"""Echo tops, whole and half echoes, echo trains."""
