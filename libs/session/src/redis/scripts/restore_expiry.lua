--[[
restore_expiry: gives a key that never expires the expiry that the module would have given it

KEYS[1]  key       of any kind
KEYS[2]  index     sorted set, of the session's user; absent for other keys and for anonymous sessions

ARGV[1]  handle    the session's key within its shard; empty for other keys
ARGV[2]  noticeTtl ms; the lifetime of an end notice, for keys whose value has no time

Reply    now (ms) if the key has an expiry, or has expired
         0 if there is no such key, or if it holds a session that this version cannot read
]]
local now = now_ms()
local kind = redis.call('TYPE', KEYS[1]).ok

if kind == 'none' then return 0 end

if kind == 'zset' then
  expire_index(KEYS[1])
  return now
end

if kind == 'hash' then
  local facts = facts_of(KEYS[1])
  local activity = facts and list_in(redis.call('HGET', KEYS[1], ACTIVITY))
  if not activity then return 0 end
  local active = facts.created + activity[ACTIVITY_ACTIVE_AFTER]
  -- The time that every touch sets, so a session in use keeps its expiry.
  local ends = math.min(active + window_of(activity[ACTIVITY_IDLE_MS]), facts.absolute_end)
  redis.call('PEXPIREAT', KEYS[1], string.format('%d', ends))
  if KEYS[2] and ends < now then unindex(KEYS[2], ARGV[1]) end
  return now
end

redis.call('PEXPIREAT', KEYS[1], string.format('%d', now + ARGV[2]))
return now
