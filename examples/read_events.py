"""Events that workers publish to Redis: `python read_events.py REDIS_URL [EVENTS]`.

Reads each stream from its beginning and waits for more; stops after EVENTS events, or on Ctrl-C. A worker keeps its
events until Redis has them, so that a reader that remembers its last id misses none.
"""

import sys

import redis

from vision.contracts import EVENT, LineCrossing, keys

SHARDS = 1
"""As the workers' setting `NGATU_EVENT_SHARDS`."""

events_to_read = int(sys.argv[2]) if len(sys.argv) > 2 else None
last_ids: dict[str, str] = {keys.event_stream(shard): "0" for shard in range(SHARDS)}
events_read = 0
with redis.Redis.from_url(sys.argv[1], decode_responses=True) as client:
    while events_to_read is None or events_read < events_to_read:
        for stream, entries in client.xread(last_ids, count=100, block=1000):
            for entry_id, fields in entries:
                last_ids[stream] = entry_id
                events_read += 1
                event = EVENT.validate_json(fields[keys.EVENT_FIELD])
                if isinstance(event, LineCrossing):
                    place = f"{event.camera_id} {event.line_id}"
                    print(f"{event.crossed_at:%H:%M:%S} {place} {event.direction} {event.object_class}")
                else:
                    print(f"{event.kind} of {event.camera_id}")
