"""The outside world, one file each: mail, payment provider, ERP, CRM, phone. Only actions and config import it."""
