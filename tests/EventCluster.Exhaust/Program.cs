using EventCluster.Exhaust;

return await ExhaustRun.RunAsync(args);
