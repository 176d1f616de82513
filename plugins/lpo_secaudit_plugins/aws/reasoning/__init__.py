"""Reasoning about what AWS would do, without asking it: policies, addresses, reachability.

Pure: no network, clock or files. Everything read here was written by the audited side, so every
question has a limit, and past it the answer is "cannot tell".
"""
