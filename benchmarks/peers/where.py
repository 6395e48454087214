"""Where a peer finds its servers, and where it is to listen: what the environment says."""

import os

DATABASE_URL = os.environ.get("PEER_DATABASE_URL", "").replace("postgresql:", "postgresql+psycopg:")
BROKER_URL = os.environ.get("PEER_BROKER_URL", "")
QUEUE_URL = os.environ.get("PEER_QUEUE_URL", "")
RESULTS_URL = os.environ.get("PEER_RESULTS_URL", "").replace("postgresql:", "db+postgresql+psycopg:")
COUNTER_URL = os.environ.get("PEER_COUNTER_URL", "")
