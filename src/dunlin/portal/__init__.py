"""The customer portal: what a customer owes, how to pay it, and how to say something about it. On a phone, in their language.

A door of its own under /portal/, with its own sign-in, cookie, base page and words; nothing of the desk is reached from here.
"""
