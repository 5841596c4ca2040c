-- Shared by the load scripts: one line that a program can read.
local report = {}

report.headers = {
  ["Content-Type"] = "application/json",
  ["Authorization"] = "Bearer benchmark",
  ["X-Emulator-Scenario"] = "benchmark",
}

report.body = '{"connector_name":"my-siprec-connector","siprec_track":"both_tracks",'
  .. '"client_state":"aGF2ZSBhIG5pY2UgZGF5ID1d","command_id":"891510ac-f3e4-11e8-af5b-de00688a4901"}'

-- wrk counts every status above 399 as an error; what a script expects is subtracted by the caller
report.done = function(summary, latency, _)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.timeout + errors.status
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(99), failed))
end

return report
