--[[
confirm_rotation: the token in use has been seen, so the one before it gets its grace and no more

KEYS[1]  session   hash

ARGV[1]  current   verifier of the token that was seen
ARGV[2]  grace     ms

Reply    now (ms)
]]
local now = now_ms()
if absolute_end_of(KEYS[1]) then
  local tokens = redis.call('HMGET', KEYS[1], 'h', 'g')
  if tokens[1] == ARGV[1] and tokens[2] == '0' then redis.call('HSET', KEYS[1], 'g', now + tonumber(ARGV[2])) end
end
return now
