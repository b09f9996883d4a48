SELECT code, grid_id FROM grid_version WHERE upper_inf(valid)
