using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Directory;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>A lane to an owner whose answers a test can script, and the real stream behind it.</summary>
public abstract class LaneTest : IAsyncLifetime
{
    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private readonly LocalStreamDirectory _owner;

    private protected LaneTest(TimeSpan? copyAfter = null)
    {
        _owner = new LocalStreamDirectory(
            _store,
            new LocalStreamDirectoryOptions { MaxProducersPerStream = 2 },
            TimeProvider.System,
            new Random(1),
            NullLogger<LocalStreamDirectory>.Instance);
        Stream = _owner.GetStream(TestData.Name("s"));
        Grain = new FakeStreamGrain(Stream);

        // No end comes by itself on a machine that is busy; tests of the end shorten it.
        Options = new OrleansStreamDirectoryOptions
        {
            RetryFor = Phase.HangGuard,
            AppendAttemptTimeout = Phase.HangGuard,
            CallAttemptTimeout = Phase.HangGuard,
            AppendCopyAfter = copyAfter,
        };
        Reach = new OwnerReach(null!, Identity, Options, TimeProvider.System, new Random(1), NullLogger.Instance, Loss);
    }

    private protected IStreamHandle Stream { get; }

    private protected FakeStreamGrain Grain { get; }

    private protected EdgeIdentity Identity { get; } = new("e", 1);

    private protected OrleansStreamDirectoryOptions Options { get; }

    private protected GatewayLoss Loss { get; } = new();

    private protected OwnerReach Reach { get; }

    public async ValueTask InitializeAsync() => await Stream.NewAsync();

    public async ValueTask DisposeAsync()
    {
        Reach.Dispose();
        Loss.Dispose();
        await _owner.DisposeAsync();
        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>Attempts and repeats end soon: nothing is left to wait for but the end. The first attempt counts, so it must fit.</summary>
    private protected void GiveUpSoon() =>
        (Options.RetryFor, Options.AppendAttemptTimeout) = (TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(300));

    private protected static AppendRequest Plain(string text) => new() { Events = TestData.Payloads(text) };

    private protected Task<AppendOutcome> SendAsync(string text) => SendAsync(Plain(text));

    private protected Task<AppendOutcome> SendAsync(AppendRequest request) => Phase.OfAsync(
        "append", Reach.AppendAsync(Stream.Name, Grain, request, request.Events.Sum(payload => payload.Length)));
}
