"""The surfaces that ask and are told: one for each way in."""
