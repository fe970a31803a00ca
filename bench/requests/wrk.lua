-- Sends the requests of a file in turn, and prints what was measured as JSON. A line has a method, a path and at most one
-- header, separated by tabs.
local requests = {}
local next = 0

function init(args)
  for line in io.lines(args[1]) do
    local method, path, name, value = line:match("^(%S+)\t(%S+)\t?([^\t]*)\t?(.*)$")
    local headers = {}
    if name ~= "" then headers[name] = value end
    requests[#requests + 1] = wrk.format(method, path, headers)
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"failed":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, failed))
end
