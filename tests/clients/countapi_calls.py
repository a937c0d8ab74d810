"""Makes every call of py-countapi to the seen at $SEEN. The package builds objects with
`**json`, so an extra field raises a TypeError."""

import datetime
import os
import time
import types

import countapi

BASE = os.environ["SEEN"].rstrip("/") + "/countapi"
for module in vars(countapi).copy().values():
    if isinstance(module, types.ModuleType) and hasattr(module, "API_BASE"):
        module.API_BASE = BASE

# `countapi.set` and the like are modules; the calls are attributes of the package.
namespace = f"py-{time.time_ns()}"

random = countapi.create_counter()
assert len(random.key) == 36 and random.namespace == "default", vars(random)

created = countapi.create_counter("key", namespace, 7, True, -5, 5)
assert vars(created) == {"namespace": namespace, "key": "key", "value": 7}, vars(created)
assert countapi.hit_counter("key", namespace).value == 8
assert countapi.get_value("key", namespace).value == 8
changed = countapi.set_value(40, "key", namespace)
assert (changed.old_value, changed.value) == (8, 40)
assert countapi.update_counter(-5, "key", namespace).value == 35

info = countapi.get_info("key", namespace)
assert (info.namespace, info.key, info.value) == (namespace, "key", 35)
assert (info.enable_reset, info.update_lower_bound, info.update_upper_bound) == (True, -5, 5)
assert info.ttl > 0
age = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) - info.created_at
assert abs(age) < datetime.timedelta(minutes=1), info.created_at

stats = countapi.get_stats()
assert stats.requests > 0 and stats.keys_created > 0 and stats.version

for call in (
    lambda: countapi.get_value("nonexisting", namespace),
    lambda: countapi.set_value(1, "nonexisting", namespace),
    lambda: countapi.update_counter(6, "key", namespace),
    lambda: countapi.create_counter("aa"),
):
    try:
        call()
    except RuntimeError:
        pass
    else:
        raise AssertionError("an error was expected")
print("py-countapi: every call passed")
