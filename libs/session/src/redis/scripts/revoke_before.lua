--[[
revoke_before: ends a part of the sessions of an index that began before a time; the caller runs it until none is left

KEYS[1]  index     sorted set, of a user or of anonymous sessions
KEYS[2]  sessions  prefix of the keys of the shard's sessions
KEYS[3]  notices   prefix of the keys of the shard's notices

ARGV[1]  notice    JSON
ARGV[2]  noticeTtl ms; the lifetime of an end notice
ARGV[3]  except    handle of the session to spare, or empty
ARGV[4]  count     the maximum number of sessions to end
ARGV[5]  before    ms since 1970

Reply    { now (ms), handles of the ended sessions, hasMore }; hasMore is 1 if such sessions may be left, otherwise 0
]]
local now = now_ms()
local ended = {}
local count = tonumber(ARGV[4])

-- Marks are scored by the negative time of the beginning. Two more than `count`: the spared session, and one that is left.
local since = string.format('(%d', -tonumber(ARGV[5]))
for _, mark in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], since, '(0', 'LIMIT', 0, count + 2)) do
  local handle = mark:sub(2)
  if handle ~= ARGV[3] then
    if count == 0 then return { now, ended, 1 } end
    count = count - 1
    if is_session(KEYS[2] .. handle) then
      end_session(KEYS[2] .. handle, KEYS[1], KEYS[3] .. handle, handle, ARGV[1], ARGV[2], now)
      ended[#ended + 1] = handle
    else
      unindex(KEYS[1], handle)
    end
  end
end
return { now, ended, 0 }
