SELECT code FROM grid_version GROUP BY code HAVING NOT bool_or(upper_inf(valid))
