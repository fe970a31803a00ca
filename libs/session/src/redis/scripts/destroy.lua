--[[
destroy: ends a session, and leaves a notice even if the session has ended before

KEYS[1]  session   hash
KEYS[2]  notice    string, of the session
KEYS[3]  indexes   prefix of the keys of the shard's indexes

ARGV[1]  handle    the session's key within its shard
ARGV[2]  notice    JSON; discarded if the session has ended before and its stored notice says that it was replaced
ARGV[3]  noticeTtl ms; the lifetime of an end notice

Reply    { now (ms), names and values of the session's fields in turn }; the inner list is empty if there was no session
]]
-- Returns true if a notice, new or stored, says that the session continues under another id.
local function is_replaced(notice)
  return type(notice) == 'string' and notice:find('^%d*:?{"reason":"replaced"') ~= nil
end

local now = now_ms()
local last = {}
if is_session(KEYS[1]) then
  last = redis.call('HGETALL', KEYS[1])
  local index = KEYS[3] .. (redis.call('HGET', KEYS[1], USER_ID) or '')
  end_session(KEYS[1], index, KEYS[2], ARGV[1], ARGV[2], ARGV[3], now)
else
  redis.call('DEL', KEYS[1])
  if is_replaced(ARGV[2]) or not is_replaced(redis.pcall('GET', KEYS[2])) then
    leave_notice(KEYS[2], ARGV[2], ARGV[3], now)
  end
end
return { now, last }
