using EventCluster.Hosting.Commands;

return await ServerCommand.RunAsync(args, Terminal.Process, CancellationToken.None);
