-- What wrk asks for. Each thread makes its requests beforehand, from a fixed seed: every server gets the same ones, and making
-- them costs nothing while the clock runs.
--
-- Arguments: the path as a pattern with one number in it, how many files, the length of each, the length of a range (0 for
-- the whole file), how many ranges in a request.

local SEED = 8206
local DISTINCT = 65536

local made = 0
function setup(thread)
   thread:set("number", made)
   made = made + 1
end

local function one_range(complete_length, length)
   local first = math.random(0, complete_length - length)
   return string.format("%d-%d", first, first + length - 1)
end

-- One range from each of as many equal stretches, so that they ascend and never touch.
local function ranges(complete_length, length, parts)
   local stretch = math.floor(complete_length / parts)
   local specs = {}
   for part = 1, parts do
      local first = (part - 1) * stretch + math.random(0, math.floor(stretch / 2) - length)
      specs[part] = string.format("%d-%d", first, first + length - 1)
   end
   return table.concat(specs, ",")
end

function init(args)
   local pattern, files, complete_length, length, parts =
      args[1], tonumber(args[2]), tonumber(args[3]), tonumber(args[4]), tonumber(args[5])
   math.randomseed(SEED + number)
   local distinct = DISTINCT / parts
   if length == 0 then distinct = files end
   requests = {}
   for i = 1, distinct do
      local path = string.format(pattern, math.random(0, files - 1))
      local fields = {}
      if parts > 1 then
         fields["Range"] = "bytes=" .. ranges(complete_length, length, parts)
      elseif length > 0 then
         fields["Range"] = "bytes=" .. one_range(complete_length, length)
      end
      requests[i] = wrk.format("GET", path, fields)
   end
   next_one = 0
end

function request()
   next_one = next_one % #requests + 1
   return requests[next_one]
end

function done(summary, latency, _)
   local errors = summary.errors
   print(string.format(
      'RESULT {"micros": %d, "requests": %d, "bytes": %d, "connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d, "p50": %.1f, "p99": %.1f}',
      summary.duration, summary.requests, summary.bytes, errors.connect, errors.read, errors.write, errors.status,
      errors.timeout, latency:percentile(50), latency:percentile(99)))
end
