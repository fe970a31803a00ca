--[[
revoke_all: cuts off all sessions of a user but one, and ends a part of them; the caller runs it until none is left

KEYS[1]  index     sorted set, of the user
KEYS[2]  cut       sorted set, of the user's cut-off sessions; for anonymous sessions the index itself
KEYS[3]  sessions  prefix of the keys of the shard's sessions
KEYS[4]  notices   prefix of the keys of the shard's notices

ARGV[1]  notice    JSON
ARGV[2]  noticeTtl ms; the lifetime of an end notice
ARGV[3]  except    handle of the session to spare, or empty
ARGV[4]  count     the maximum number of sessions to end
ARGV[5]  isCut     '1' if an earlier run has cut the sessions off, otherwise '0'

Reply    { now (ms), handles of the ended sessions, isCut, hasMore }; isCut is 1 if the sessions are cut off, hasMore is 1 if
         sessions are left, and both are 0 otherwise
]]
local now = now_ms()
local ended = {}
local count = tonumber(ARGV[4])
local is_anonymous = KEYS[1] == KEYS[2]

-- Renames the user's index. Sessions that are not in an index can neither write nor stay alive, so all of them are invalid
-- at once, however many there are. Later sign-ins begin a new index, which the spared session moves to.
local function cut_off()
  if redis.call('EXISTS', KEYS[1]) == 0 then return end
  redis.call('RENAME', KEYS[1], KEYS[2])
  local ends = redis.call('ZSCORE', KEYS[2], ARGV[3])
  if not ends then return end
  redis.call('ZADD', KEYS[1], ends, ARGV[3], redis.call('ZSCORE', KEYS[2], mark_of(ARGV[3])), mark_of(ARGV[3]))
  unindex(KEYS[2], ARGV[3])
  expire_index(KEYS[1])
end

-- Ends sessions of the cut-off set, until `count` is used up.
local function sweep()
  for _, handle in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], 0, '+inf', 'LIMIT', 0, count + 1)) do
    if count == 0 then return end
    if not is_anonymous or handle ~= ARGV[3] then
      count = count - 1
      if is_session(KEYS[3] .. handle) then
        end_session(KEYS[3] .. handle, KEYS[2], KEYS[4] .. handle, handle, ARGV[1], ARGV[2], now)
        ended[#ended + 1] = handle
      else
        unindex(KEYS[2], handle)
      end
    end
  end
end

-- Sessions that an earlier, interrupted call has cut off come first. None of them is spared.
local is_cut = ARGV[5] == '1'
sweep()
if not is_cut and count > 0 then
  is_cut = true
  if not is_anonymous then
    cut_off()
    sweep()
  end
end
expire_index(KEYS[2])
return { now, ended, is_cut and 1 or 0, count == 0 and 1 or 0 }
