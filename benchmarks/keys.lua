-- Every request is for another call, and the next one of many API keys.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local report = require("report")
-- calls of one run are not those of another
local run = os.time()
local counter = 0
local keys = 64
done = report.done

request = function()
  counter = counter + 1
  report.headers["Authorization"] = "Bearer benchmark-" .. counter % keys
  return wrk.format("POST", "/v2/calls/v3:call-" .. run .. "-" .. counter .. "/actions/siprec_start", report.headers, report.body)
end
