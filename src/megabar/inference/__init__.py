"""History -> Posterior."""
