--[[
confirm_rotation: starts the grace period of the previous token, because the client has presented the current one; the
                  period ends no later than the session would have ended without activity since the rotation

KEYS[1]  session   hash

ARGV[1]  current   verifier of the presented token
ARGV[2]  grace     ms; the grace period

Reply    now (ms)
]]
local now = now_ms()
local facts = facts_of(KEYS[1])
if not facts then return now end

local texts = redis.call('HMGET', KEYS[1], TOKEN, PREVIOUS_TOKEN, ACTIVITY)
local token, previous, activity = list_in(texts[1]), list_in(texts[2]), list_in(texts[3])
local is_whole = token and previous and activity
if is_whole and token[TOKEN_VERIFIER] == ARGV[1] and previous[PREVIOUS_TOKEN_VALID_AFTER] == cjson.null then
  local idle_end = token[TOKEN_ISSUED_AFTER] + activity[ACTIVITY_IDLE_MS]
  local valid_after = math.min(now - facts.created + tonumber(ARGV[2]), idle_end)
  local text = previous_text(valid_after, previous[PREVIOUS_TOKEN_VERIFIER], previous[PREVIOUS_TOKEN_NONCE])
  redis.call('HSET', KEYS[1], PREVIOUS_TOKEN, text)
end
return now
