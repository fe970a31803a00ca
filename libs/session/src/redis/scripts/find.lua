--[[
find: reads a session, or if there is none, the notices of its end

KEYS[1]  session   hash

ARGV[1]  handle    the session's key within its shard
ARGV[2]  mark      another handle whose notice may state the end of the token; empty if there is none

Reply    { 'session', names and values of the session's fields in turn }
         { 'absent', notice of the handle, notice of the mark }; a missing notice is empty
         { 'other' } if the key holds another type
]]
if is_session(KEYS[1]) then return { 'session', redis.call('HGETALL', KEYS[1]) } end
if redis.call('TYPE', KEYS[1]).ok ~= 'none' then return { 'other' } end

-- Returns the notice of a handle; empty if there is none.
local function notice_of(handle)
  local notice = handle ~= '' and redis.pcall('GET', notice_key_beside(KEYS[1], ARGV[1], handle))
  return type(notice) == 'string' and notice or ''
end

return { 'absent', notice_of(ARGV[1]), notice_of(ARGV[2]) }
