--[[
destroy: ends a session

KEYS[1]  session   hash
KEYS[2]  gone      string
KEYS[3]  indexes   what the keys of the shard's indexes begin with

ARGV[1]  handle
ARGV[2]  notice    kept back where the session is gone already and its notice says that it was replaced
ARGV[3]  noticeTtl ms

Reply    { now, names and values in turn of what the session last held; empty when it was gone already }
]]
-- Whether a notice, as it comes or as it is stored, says that the session goes on under another token.
local function is_replaced(notice)
  return type(notice) == 'string' and notice:find('^%d*:?{"reason":"replaced"') ~= nil
end

local now = now_ms()
local last = {}
if absolute_end_of(KEYS[1]) then
  last = redis.call('HGETALL', KEYS[1])
  local index = KEYS[3] .. (redis.call('HGET', KEYS[1], FACTS.userId) or '')
  end_session(KEYS[1], index, KEYS[2], ARGV[1], ARGV[2], ARGV[3], now)
else
  redis.call('DEL', KEYS[1])
  if is_replaced(ARGV[2]) or not is_replaced(redis.pcall('GET', KEYS[2])) then
    leave_notice(KEYS[2], ARGV[2], ARGV[3], now)
  end
end
return { now, last }
