"""A small counter in Flask and redis-py: one INCR per request."""

import os

import redis
from flask import Flask

app = Flask(__name__)
cache = redis.Redis.from_url(os.environ["REDIS_URL"])


@app.route("/hit/<namespace>/<key>")
def hit(namespace, key):
    return {"value": cache.incr(f"{namespace}:{key}")}
