"""The virtual laboratory: raw campaigns with known truth. Shares no analysis code."""
