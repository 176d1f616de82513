"""Talking to AWS: exact requests from botocore's models, few CPU cycles each.

botocore's clients cost about 100 ms to make and 2 to 3 ms of CPU a call, which is most of an
audit's time on a large account. Here its models, serializers, parsers, credentials and endpoint
data are used, and its client, hook and retry layers are not.
"""
