"""The plan of a campaign: campaign.toml as frozen dataclasses."""
