-- A mix of what front ends ask, for wrk: a household by code, a page of households without fibre, the
-- indicators of a commune, a search for units.
local function code(number)
  local check = 98 - ((1716000000 % 97) + number % 97) * 100 % 97
  return string.format("HG%06d%02d", number, check)
end

local function body(query)
  return '{"query":"' .. query:gsub('"', '\\"') .. '"}'
end

local communes = { "31321", "31333", "31338", "31340", "31366", "31441", "31459" }

local kinds = {
  function()
    return '{ household(code: "' .. code(math.random(1, 200000)) ..
      '") { code members hamlet { name parent { name } } connectivity { surveyedOn adultsWithSmartphone } } }'
  end,
  function()
    return '{ households(filter: { hasFibre: false, within: { codeOn: { code: "93", on: "2024-06-30" } }, codePrefix: "HG' ..
      string.format("%02d", math.random(0, 19)) .. '" }, first: 20) { nodes { code hamlet { name parent { name } } } } }'
  end,
  function()
    return '{ indicators(unit: { code: "' .. communes[math.random(#communes)] .. '" }) { code numerator denominator value } }'
  end,
  function()
    return '{ units(filter: { search: "vi t" }, first: 10) { nodes { code name parent { name } } } }'
  end,
}

request = function()
  return wrk.format("POST", "/graphql", { ["Content-Type"] = "application/json" }, body(kinds[math.random(#kinds)]()))
end

-- An answer with errors must not pass for a fast one.
response = function(status, headers, answer)
  if answer:find('"errors"', 1, true) then
    print("faulty answer: " .. answer:sub(1, 300))
    wrk.thread:stop()
  end
end
