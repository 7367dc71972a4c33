-- Sends prepared bodies, for wrk: one a line of a file, from the first on; again from the first, or until they are used up.
--
-- wrk … -s peers.lua http://HOST -- PATH FILE cycle|once
local path, bodies, again
local used = 0

init = function(arguments)
  path, again = arguments[1], arguments[3] == "cycle"
  bodies = {}
  for line in io.lines(arguments[2]) do
    bodies[#bodies + 1] = line
  end
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

request = function()
  used = used + 1
  if used > #bodies then
    if not again then
      -- Whatever is sent from now on is not a work; the last answers may still come.
      print("used up")
      wrk.thread:stop()
    end
    used = 1
  end
  return wrk.format(nil, path, nil, bodies[used])
end

-- An answer with errors must not pass for a fast one.
response = function(status, headers, answer)
  if status ~= 200 or answer:find('"errors":[{', 1, true) then
    print("faulty answer: " .. answer:sub(1, 500))
    wrk.thread:stop()
  end
end
