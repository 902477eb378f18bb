"""Figures and film, from a result alone; nothing else imports matplotlib."""
