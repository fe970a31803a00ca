--[[
lease: takes a lease, extends it, or releases it

KEYS[1]  lease     string, the name of its holder

ARGV[1]  holder    the caller's name, which no other process has
ARGV[2]  ttl       ms; the lifetime of the lease from now on. 0 releases the lease

Reply    now (ms) if the caller holds the lease or has released it
         0 if another process holds it
]]
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end

if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
end
return now_ms()
