-- What several scripts need. It stands in front of each of them.

-- The time by this server's clock, in milliseconds since 1970.
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- When a session ends whatever happens; nil when the key holds no session.
local function absolute_end_of(session)
  if redis.call('TYPE', session).ok ~= 'hash' then return nil end
  return tonumber(redis.call('HGET', session, 'x'))
end

-- An index lives as long as the last of its sessions.
local function expire_index(index)
  local last = redis.call('ZRANGE', index, -1, -1, 'WITHSCORES')
  if last[2] then redis.call('PEXPIREAT', index, last[2]) end
end

-- Lets a session live for `window` ms more, though never past its absolute end, and its index with it.
-- An entry that the index has lost comes back here, where the session is known to live.
local function keep_alive(session, index, handle, window, absolute_end, now)
  local ends = math.min(now + window, absolute_end)
  redis.call('PEXPIREAT', session, ends)
  if index then
    redis.call('ZADD', index, ends, handle)
    expire_index(index)
  end
end

-- Records activity in a live session. In this order, because a server whose memory is full refuses HSET in a script that
-- has not written before by a command that takes no memory. So a session that is in use does not run out.
local function record_activity(session, index, handle, window, absolute_end, now)
  keep_alive(session, index, handle, window, absolute_end, now)
  -- A session whose absolute end has just passed is gone by now, and a field would make a key that never ends.
  if redis.call('TYPE', session).ok == 'hash' then redis.call('HSET', session, 'a', now) end
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

-- The handles of an index whose sessions live. All others are dropped from it.
local function live_handles(index, sessions, now)
  redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
  local live = {}
  for _, handle in ipairs(redis.call('ZRANGE', index, 0, -1)) do
    if absolute_end_of(sessions .. handle) then
      live[#live + 1] = handle
    else
      redis.call('ZREM', index, handle)
    end
  end
  return live
end

-- Says for `ttl` ms why a session is gone.
local function leave_notice(gone, notice, ttl, now)
  redis.call('SET', gone, string.format('%d', now) .. ':' .. notice, 'PX', ttl)
end
