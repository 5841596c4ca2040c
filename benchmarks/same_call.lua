-- The same documented request again and again: taken, journaled, and nothing more is started.
package.path = debug.getinfo(1, "S").source:match("^@(.*/)") .. "?.lua;" .. package.path
local report = require("report")

done = report.done

request = function()
  return wrk.format("POST", "/v2/calls/v3:one-call/actions/siprec_start", report.headers, report.body)
end
