-- What several scripts need. It stands in front of each of them.

-- The time by this server's clock, in milliseconds since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- An index has each session twice: its handle, scored by when the session ends, and its mark, scored by minus when its
-- user signed in. So the number of those that live is one ZCOUNT, and the marks are in the order of a list, latest first.
local function mark_of(handle) return '@' .. handle end

-- Takes a session out of an index.
local function unindex(index, handle)
  redis.call('ZREM', index, handle, mark_of(handle))
end

-- An index lives as long as the last of its sessions.
local function expire_index(index)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', index, last[2]) end
end

-- Drops entries whose time has passed: a hundred at most, so that no call pays for all that have gathered.
local function drop_ended(index, now)
  local ended = redis.call('ZRANGEBYSCORE', index, 0, string.format('(%d', now), 'LIMIT', 0, 100)
  for _, handle in ipairs(ended) do unindex(index, handle) end
end

-- Whether there is a session under a key, be it one that this version cannot read.
local function is_there(session)
  return redis.call('TYPE', session).ok == 'hash'
end

-- When a session ends whatever happens; nil when the key holds no session.
local function absolute_end_of(session)
  if not is_there(session) then return nil end
  return tonumber(redis.call('HGET', session, 'x'))
end

-- The key of the notice of `other`, a session in the shard of this one. What hardly ever leaves or reads a notice does not
-- name its key among KEYS: it is seldom there, and while a slot is on the move, a Cluster refuses a script that names a
-- key that is not there beside keys that are.
local function gone_beside(session, handle, other)
  return session:sub(1, -#handle - 1) .. 'gone:' .. other
end

-- Says for `ttl` ms why a session is gone.
local function leave_notice(gone, notice, ttl, now)
  redis.call('SET', gone, string.format('%d', now) .. ':' .. notice, 'PX', ttl)
end

-- When a session ends whatever happens; nil when there is none, or none any more. A user's session lives only as long
-- as the index names it: one that the index does not name was revoked, or has been lost to its user's list and limit,
-- and ends here. `index` is nil for a session of nobody.
local function living(session, index, handle, ttl, now)
  local absolute_end = absolute_end_of(session)
  if not absolute_end or not index or redis.call('ZSCORE', index, handle) then return absolute_end end
  redis.call('DEL', session)
  leave_notice(gone_beside(session, handle, handle), '{"reason":"revoked"}', ttl, now)
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

-- With the nonce, whoever has the old token finds the new one. When the grace is over nobody is meant to.
local function drop_spent_nonce(session, now)
  local grace_end = tonumber(redis.call('HGET', session, 'g') or 0)
  if grace_end > 0 and grace_end <= now then redis.call('HDEL', session, 'n') end
end

-- How long a session lives that is left alone: longer than its idle timeout by the tenth that may pass unrecorded.
local function window_of(idle) return idle + math.floor(idle * 0.1) end

-- Records activity in a live session, whose idle timeout is `idle` from now on. In this order, because a server whose memory is full refuses HSET in a script that
-- has not written before by a command that takes no memory. So a session that is in use does not run out.
local function record_activity(session, index, handle, idle, absolute_end, now)
  keep_alive(session, index, handle, window_of(idle), absolute_end, now)
  -- A session whose absolute end has just passed is gone by now, and a field would make a key that never ends.
  if is_there(session) then
    redis.call('HSET', session, 'a', now, 'i', idle)
    drop_spent_nonce(session, now)
  end
end

-- A session that moves to another id begins with an original token again.
local function forget_rotation(session)
  redis.call('HDEL', session, 'r', 'h', 'o', 'g', 'n', 'q')
end

-- Whether the application's fields, names and values, would take more than `max` bytes with those in `lengths` as long
-- as it says; false is one that is removed.
local function would_outgrow(session, lengths, max)
  local bytes = 0
  for name, length in pairs(lengths) do
    if length then bytes = bytes + #name - 1 + length end
  end
  for _, name in ipairs(redis.call('HKEYS', session)) do
    if name:sub(1, 1) == '.' and lengths[name] == nil then
      bytes = bytes + #name - 1 + redis.call('HSTRLEN', session, name)
    end
  end
  return bytes > max
end

-- The lengths that fields have after changes, which are as for `apply_changes`.
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
