--[[
revoke_all: cuts off all of a user's sessions but one, and ends some of them; to be run until no more are left

KEYS[1]  index     sorted set, of the user
KEYS[2]  cut       sorted set, of the user's sessions that are cut off; for those of nobody the index itself
KEYS[3]  sessions  what the keys of the shard's sessions begin with
KEYS[4]  gones     what the keys of the shard's notices begin with

ARGV[1]  notice
ARGV[2]  noticeTtl ms
ARGV[3]  except    handle, or empty
ARGV[4]  count     how many to end at most
ARGV[5]  isCut     '1' when an earlier run has cut them off

Reply    { now, handles of the sessions that it ended, 1 when they are cut off, 1 when more are left }
]]
local now = now_ms()
local ended = {}
local count = tonumber(ARGV[4])
local is_nobodys = KEYS[1] == KEYS[2]

-- What the user's index no longer names may neither write nor be kept alive from this moment on, however many there are;
-- and who signs in from now on begins a new index. What is spared stays in it.
local function cut_off()
  if redis.call('EXISTS', KEYS[1]) == 0 then return end
  redis.call('RENAME', KEYS[1], KEYS[2])
  local ends = redis.call('ZSCORE', KEYS[2], ARGV[3])
  if not ends then return end
  redis.call('ZADD', KEYS[1], ends, ARGV[3], redis.call('ZSCORE', KEYS[2], mark_of(ARGV[3])), mark_of(ARGV[3]))
  unindex(KEYS[2], ARGV[3])
  expire_index(KEYS[1])
end

local function sweep()
  for _, handle in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], 0, '+inf', 'LIMIT', 0, count + 1)) do
    if count == 0 then return end
    if not is_nobodys or handle ~= ARGV[3] then
      count = count - 1
      if is_there(KEYS[3] .. handle) then
        end_session(KEYS[3] .. handle, KEYS[2], KEYS[4] .. handle, handle, ARGV[1], ARGV[2], now)
        ended[#ended + 1] = handle
      else
        unindex(KEYS[2], handle)
      end
    end
  end
end

-- Some may be left of an earlier time. They were cut off then, and nothing is spared among them.
local is_cut = ARGV[5] == '1'
sweep()
if not is_cut and count > 0 then
  is_cut = true
  if not is_nobodys then
    cut_off()
    sweep()
  end
end
expire_index(KEYS[2])
return { now, ended, is_cut and 1 or 0, count == 0 and 1 or 0 }
