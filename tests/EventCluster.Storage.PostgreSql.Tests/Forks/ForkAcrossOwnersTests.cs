using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Storage.PostgreSql.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.PostgreSql.Tests.Forks;

/// <summary>
/// CORRECTNESS rule 8 with source and fork on different nodes over one database: both nodes crash at every commit of a
/// fork's life, before or after it landed, and what two fresh nodes settle must be whole.
/// </summary>
public sealed class ForkAcrossOwnersTests(SharedServer shared) : StoreTest(shared)
{
    private readonly VirtualTimeProvider _clock = new();
    private readonly List<LocalStreamDirectory> _directories = [];
    private CrashPlan _plan = new();
    private PostgreSqlLogStore _truth = null!;
    private IStreamHandle _source = null!;
    private IStreamHandle _fork = null!;

    public static TheoryData<int, bool> CommitsOfCreation => Steps(3);

    public static TheoryData<int, bool> CommitsOfDeletion => Steps(3);

    public override async ValueTask DisposeAsync()
    {
        foreach (var directory in _directories)
        {
            await directory.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(CommitsOfCreation))]
    public async Task Rule8_CrashWhileForking_ForkAndHoldAreBothThereOrBothNot(int commit, bool lands)
    {
        await StartAsync();
        await _source.NewAsync(new CreateRequest { Events = TestData.Payloads("a", "b") });
        _plan.Arm(commit, lands);
        await Phase.OfAsync("the fork is answered", CreateForkAsync());
        Assert.True(_plan.HasCrashed);

        await StartAsync();
        await SettledAsync();

        var isThere = await _truth.GetHeadAsync(_fork.Name, Cancellation) is not null;
        Assert.Equal(commit == 3 || (commit == 2 && lands), isThere);
        if (isThere)
        {
            Assert.IsType<DeleteOutcome.Deleted>(await _source.DeleteAsync(Cancellation));
            Assert.NotNull(await _truth.GetHeadAsync(_source.Name, Cancellation));
            Assert.Equal(["a", "b"], await _fork.TextsAsync());
            Assert.IsType<DeleteOutcome.Deleted>(await _fork.DeleteAsync(Cancellation));
        }
        else
        {
            Assert.IsType<DeleteOutcome.Deleted>(await _source.DeleteAsync(Cancellation));
        }

        await NothingLeftAsync();
    }

    [Theory]
    [MemberData(nameof(CommitsOfDeletion))]
    public async Task Rule8_CrashWhileDeletingTheLastFork_ReleasesTheSourceInTheEnd(int commit, bool lands)
    {
        await StartAsync();
        await _source.NewAsync(new CreateRequest { Events = TestData.Payloads("a", "b") });
        await CreateForkAsync();
        await _source.DeleteAsync(Cancellation);
        _plan.Arm(commit, lands);
        await Phase.OfAsync("the deletion is answered", _fork.DeleteAsync(Cancellation).AsTask());
        Assert.True(_plan.HasCrashed);

        await StartAsync();
        await SettledAsync();
        if (commit == 1 && !lands)
        {
            Assert.Equal(["a", "b"], await _fork.TextsAsync());
            await _fork.DeleteAsync(Cancellation);
        }

        await NothingLeftAsync();
    }

    private static TheoryData<int, bool> Steps(int commits)
    {
        var steps = new TheoryData<int, bool>();
        for (var commit = 1; commit <= commits; commit++)
        {
            steps.Add(commit, false);
            steps.Add(commit, true);
        }

        return steps;
    }

    /// <summary>Two fresh nodes.</summary>
    private async Task StartAsync()
    {
        _plan = new CrashPlan();
        _truth ??= await OpenStoreAsync();
        var owners = new RoutedOwners();
        owners.Others = await NewNodeAsync(owners);
        owners.Forks = await NewNodeAsync(owners);
        owners.Others.Start();
        owners.Forks.Start();
        _source = owners.Others.GetStream(TestData.Name("source"));
        _fork = owners.Forks.GetStream(TestData.Name("fork"));
    }

    private async Task<LocalStreamDirectory> NewNodeAsync(RoutedOwners owners)
    {
        var store = new CrashingLogStore(await OpenStoreAsync(), _plan);
        var options = new LocalStreamDirectoryOptions { SettleForksAfter = TimeSpan.FromSeconds(5) };
        var directory = new LocalStreamDirectory(
            store, options, _clock, new Random(_directories.Count), NullLogger<LocalStreamDirectory>.Instance, owners);
        _directories.Add(directory);
        return directory;
    }

    private async Task CreateForkAsync()
    {
        try
        {
            await _fork.CreateAsync(new CreateRequest { Fork = new ForkSpec(_source.Name, null, false, 0) }, Cancellation);
        }
        catch (StoreUnreachableException)
        {
            // The nodes crashed under it.
        }
    }

    /// <summary>Nothing is due any more: each half-done step was finished or taken back.</summary>
    private Task SettledAsync() => EventuallyAsync(
        "all steps are settled", async () => (await _truth.ListDueAsync(long.MaxValue - 1, 10, Cancellation)).Count == 0);

    private Task NothingLeftAsync() => EventuallyAsync(
        "no stream is left", async () => (await _truth.ListAsync("", null, 10, Cancellation)).Count == 0);

    private async Task EventuallyAsync(string phase, Func<Task<bool>> reached)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Phase.HangGuard, $"Phase '{phase}' was not reached.");
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, Cancellation);
        }
    }
}
