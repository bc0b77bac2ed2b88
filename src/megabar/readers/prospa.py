"""Magritek Prospa/Kea folders."""
