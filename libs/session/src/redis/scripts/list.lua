--[[
list: the live sessions of a user; drops from the index what does not live

KEYS[1]  index     sorted set, of the user
KEYS[2]  sessions  what the keys of the shard's sessions begin with

ARGV     facts     names of the fields to report

Reply    { now, { handle, facts } of each session }
]]
local now = now_ms()
local sessions = {}
for i, handle in ipairs(live_handles(KEYS[1], KEYS[2], now)) do
  sessions[i] = { handle, redis.call('HMGET', KEYS[2] .. handle, unpack(ARGV)) }
end
return { now, sessions }
