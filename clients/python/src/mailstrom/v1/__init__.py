"""The API as generated from its schema: requests, responses, and what they are made of."""

from mailstrom.v1.content_pb2 import *
from mailstrom.v1.email_pb2 import *
from mailstrom.v1.mailstrom_service_pb2 import *
