-- Functions that several scripts use. This file precedes each of them, and before it stands the table of the record's
-- fields from record.ts: FACTS and ROTATION (letters by name), ROTATION_NAMES, APPLICATION_FIELD and NOT_SEEN.

-- Returns the time by this server's clock, in milliseconds since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- An index has two entries for each session: its handle, scored by the end of the session, and its mark, scored by the
-- negative time of the sign-in. So ZCOUNT counts live sessions, and the marks are in list order, latest sign-in first.
local function mark_of(handle) return '@' .. handle end

-- Removes a session from an index.
local function unindex(index, handle)
  redis.call('ZREM', index, handle, mark_of(handle))
end

-- An index lives as long as the last of its sessions.
local function expire_index(index)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', index, last[2]) end
end

-- Drops expired entries of an index: a hundred at most, so that no call pays for all that have accumulated.
local function drop_expired(index, now)
  local ended = redis.call('ZRANGEBYSCORE', index, 0, string.format('(%d', now), 'LIMIT', 0, 100)
  for _, handle in ipairs(ended) do unindex(index, handle) end
end

-- True if a field of the hash is one of the application's.
local function is_application_field(name) return name:sub(1, #APPLICATION_FIELD) == APPLICATION_FIELD end

-- True if a key holds a session, even one that this version cannot read.
local function is_session(session)
  return redis.call('TYPE', session).ok == 'hash'
end

-- Returns when a session ends regardless of activity; nil if the key holds no session.
local function absolute_end_of(session)
  if not is_session(session) then return nil end
  return tonumber(redis.call('HGET', session, FACTS.absoluteEndAt))
end

-- Returns the notice key of `other`, a session in the shard of this one. Scripts that rarely use a notice do not list its
-- key in KEYS: the key is usually absent, and while a slot migrates, a Cluster rejects a script that lists absent keys
-- beside present ones.
local function notice_key_beside(session, handle, other)
  return session:sub(1, -#handle - 1) .. 'gone:' .. other
end

-- Stores the notice of a session's end under `key` for `ttl` ms.
local function leave_notice(key, notice, ttl, now)
  redis.call('SET', key, string.format('%d', now) .. ':' .. notice, 'PX', ttl)
end

-- Ends a session: deletes it, takes it out of its index (nil: it is in none) and leaves a notice for `ttl` ms.
local function end_session(session, index, notice_key, handle, notice, ttl, now)
  redis.call('DEL', session)
  if index then unindex(index, handle) end
  leave_notice(notice_key, notice, ttl, now)
end

-- Returns when a session ends regardless of activity; nil if there is no live session. A user's session lives only while
-- its index names it: a session that the index does not name was revoked, or is missing from its user's list and limit,
-- and ends here. `index` is nil for an anonymous session.
local function absolute_end_if_live(session, index, handle, ttl, now)
  local absolute_end = absolute_end_of(session)
  if not absolute_end or not index or redis.call('ZSCORE', index, handle) then return absolute_end end
  end_session(session, nil, notice_key_beside(session, handle, handle), handle, '{"reason":"revoked"}', ttl, now)
  return nil
end

-- Lets a session live for `window` ms more, though never past its absolute end, and its entry in an index with it.
local function keep_alive(session, index, handle, window, absolute_end, now)
  local ends = math.min(now + window, absolute_end)
  redis.call('PEXPIREAT', session, ends)
  if index then
    redis.call('ZADD', index, ends, handle)
    expire_index(index)
  end
end

-- Drops the nonce of a rotation whose grace is over: with it, the holder of the old token can compute the new one.
local function drop_spent_nonce(session, now)
  local grace_end = tonumber(redis.call('HGET', session, ROTATION.graceEndAt) or 0)
  if grace_end > 0 and grace_end <= now then redis.call('HDEL', session, ROTATION.nonce) end
end

-- Returns how long a session lives without activity: its idle timeout and the tenth of it that may pass unrecorded.
local function window_of(idle) return idle + math.floor(idle * 0.1) end

-- Records activity in a live session, whose idle timeout is `idle` from now on. PEXPIREAT comes first: a server whose memory
-- is full rejects HSET in a script unless an earlier command of the script has written without taking memory. So a session
-- in use does not expire then.
local function record_activity(session, index, handle, idle, absolute_end, now)
  keep_alive(session, index, handle, window_of(idle), absolute_end, now)
  -- A session whose absolute end has just passed no longer exists, and a field would make a key that never expires.
  if is_session(session) then
    redis.call('HSET', session, FACTS.lastActiveAt, now, FACTS.idleMs, idle)
    drop_spent_nonce(session, now)
  end
end

-- Resets the rotation of a session that moves to another id: it begins with an original token again.
local function forget_rotation(session)
  redis.call('HDEL', session, unpack(ROTATION_NAMES))
end

-- True if the application's fields, names and values, would take more than `max` bytes. `lengths` has the new length of each
-- changed field; false removes the field.
local function would_outgrow(session, lengths, max)
  local bytes = 0
  for name, length in pairs(lengths) do
    if length then bytes = bytes + #name - 1 + length end
  end
  for _, name in ipairs(redis.call('HKEYS', session)) do
    if is_application_field(name) and lengths[name] == nil then
      bytes = bytes + #name - 1 + redis.call('HSTRLEN', session, name)
    end
  end
  return bytes > max
end

-- Returns the lengths of the changed fields. `first` is as for `apply_changes`.
local function lengths_after(first)
  local lengths = {}
  local removed = first + 1 + 2 * tonumber(ARGV[first])
  for i = first + 1, removed - 1, 2 do lengths[ARGV[i]] = #ARGV[i + 1] end
  for i = removed, #ARGV do lengths[ARGV[i]] = false end
  return lengths
end

-- Applies changes to the application's fields. ARGV from `first` on: how many fields are set, their names and values
-- in turn, then the names of those to remove.
local function apply_changes(session, first)
  local removed = first + 1 + 2 * tonumber(ARGV[first])
  for i = first + 1, removed - 1, 2 do redis.call('HSET', session, ARGV[i], ARGV[i + 1]) end
  for i = removed, #ARGV do redis.call('HDEL', session, ARGV[i]) end
end
