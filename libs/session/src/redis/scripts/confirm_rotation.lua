--[[
confirm_rotation: starts the grace period of the previous token, because the client has presented the current one; the
                  period ends no later than the session would have ended without activity since the rotation

KEYS[1]  session   hash

ARGV[1]  current   verifier of the presented token
ARGV[2]  grace     ms; the grace period

Reply    now (ms)
]]
local now = now_ms()
if absolute_end_of(KEYS[1]) then
  local facts = redis.call('HMGET', KEYS[1], ROTATION.current, ROTATION.graceEndAt, ROTATION.at, FACTS.idleMs)
  if facts[1] == ARGV[1] and facts[2] == NOT_SEEN then
    redis.call('HSET', KEYS[1], ROTATION.graceEndAt, math.min(now + tonumber(ARGV[2]), facts[3] + facts[4]))
  end
end
return now
