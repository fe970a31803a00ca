--[[
revoke_all: ends all of a user's sessions but one

KEYS[1]  index     sorted set, of the user
KEYS[2]  sessions  what the keys of the shard's sessions begin with
KEYS[3]  gones     what the keys of the shard's notices begin with

ARGV[1]  notice
ARGV[2]  noticeTtl ms
ARGV[3]  except    handle, or empty

Reply    { now, handles of the sessions that it ended }
]]
local now = now_ms()
local ended = {}
for _, handle in ipairs(live_handles(KEYS[1], KEYS[2], now)) do
  if handle ~= ARGV[3] then
    redis.call('DEL', KEYS[2] .. handle)
    redis.call('ZREM', KEYS[1], handle)
    leave_notice(KEYS[3] .. handle, ARGV[1], ARGV[2], now)
    ended[#ended + 1] = handle
  end
end
expire_index(KEYS[1])
return { now, ended }
