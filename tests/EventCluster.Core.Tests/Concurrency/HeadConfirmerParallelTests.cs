using EventCluster.Core.InMemory;
using EventCluster.Core.Running;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Concurrency;

/// <summary>Requests come to the confirmer and leave it on many threads: in the end none is counted that is gone.</summary>
public sealed class HeadConfirmerParallelTests
{
    private const int Threads = 8;
    private const int RequestsPerThread = 20_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ask_OnManyThreads_CountsNobodyWhoIsGone(bool cancelled)
    {
        await using var store = new InMemoryLogStore(new InMemoryLogStoreOptions());
        using var context = new RunnerContext(
            store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1),
            NullLogger.Instance);
        var name = StreamName.Parse("a");

        await Phase.OfAsync("all requests are answered", Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(AskAsync))));

        Assert.Equal(0, context.Confirmer.Waiting);

        async Task AskAsync()
        {
            for (var i = 0; i < RequestsPerThread; i++)
            {
                using var leaves = new CancellationTokenSource();
                var asked = context.Confirmer.AskAsync(name, leaves.Token);
                if (cancelled)
                {
                    await leaves.CancelAsync();
                }

                try
                {
                    await asked;
                }
                catch (OperationCanceledException) when (cancelled)
                {
                    // It left before the store answered.
                }
            }
        }
    }
}
