--[[
rotate: replaces the token of a session by its successor, once, even if several requests ask for it concurrently

KEYS[1]  session   hash
KEYS[2]  index     sorted set, of the session's user; omitted if the session is anonymous

ARGV[1]  handle    the session's key within its shard, which is also the verifier of its first token
ARGV[2]  noticeTtl ms; the lifetime of an end notice
ARGV[3]  from      verifier of the presented token
ARGV[4]  to        verifier of its successor
ARGV[5]  nonce     from which the holder of the old token computes the new one
ARGV[6]  tagKey    stored if the session has none yet

Reply    { now (ms), values of the fields TOKEN and PREVIOUS_TOKEN }, the state after the script; it rotates the token only
         if `from` is current and the previous token has expired
         { 0 } if there is no live session
]]
local session = KEYS[1]
local now = now_ms()
local facts = facts_if_live(session, KEYS[2], ARGV[1], ARGV[2], now)
if not facts then return { 0 } end

local texts = redis.call('HMGET', session, TOKEN, PREVIOUS_TOKEN)
local token = list_in(texts[1]) or { [TOKEN_VERIFIER] = ARGV[1], [TOKEN_TAG_KEY] = ARGV[6] }
local previous = list_in(texts[2])
local valid_after = previous and previous[PREVIOUS_TOKEN_VALID_AFTER]
local is_previous_valid = valid_after == cjson.null or valid_after and facts.created + valid_after > now
if token[TOKEN_VERIFIER] == ARGV[3] and not is_previous_valid then
  texts[1] = string.format('[%d,"%s","%s"]', now - facts.created, ARGV[4], token[TOKEN_TAG_KEY])
  texts[2] = previous_text(nil, ARGV[3], ARGV[5])
  redis.call('HSET', session, TOKEN, texts[1], PREVIOUS_TOKEN, texts[2])
end
return { now, texts[1], texts[2] }
