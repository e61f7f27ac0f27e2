using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Core.InMemory;
using EventCluster.Orleans.Directory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Orleans.Tests.Directory;

/// <summary>
/// A repeated request has an identity (CORRECTNESS rule 23). Each verb meets each fate of its first attempt, through an edge and through
/// a client of the cluster: it has its effect at most once, and never on a stream that was created meanwhile.
/// </summary>
public sealed class RepeatedRequestTests : IAsyncLifetime
{
    private static readonly string[] Verbs = ["append", "append with producer", "close", "configure", "trim", "delete"];

    private readonly InMemoryLogStore _store = new(new InMemoryLogStoreOptions());
    private readonly List<LocalStreamDirectory> _owners = [];
    private readonly List<IDisposable> _parts = [];
    private readonly StreamName _name = TestData.Name("s");
    private OwnedStreamGrain _grain = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IStreamHandle Stream => _grain.Owner.GetStream(_name);

    public static TheoryData<string, bool> EveryVerb()
    {
        var data = new TheoryData<string, bool>();
        foreach (var verb in Verbs)
        {
            data.Add(verb, false);
            data.Add(verb, true);
        }

        return data;
    }

    public ValueTask InitializeAsync()
    {
        _grain = new OwnedStreamGrain(NewOwner(), _name);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        _parts.ForEach(part => part.Dispose());
        foreach (var owner in _owners)
        {
            await owner.DisposeAsync();
        }

        await _store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task Request_ThatIsAnswered_CostsOneCall(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        var before = _grain.Changes;

        Assert.Equal("done", await SendAsync(handle, verb));

        Assert.Equal((1, 0), (_grain.Changes - before, _grain.Describes));
        await AssertDoneOnceAsync(verb);
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task LostAnswer_IsDoneOnce(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        _grain.LoseNext(static change => change());

        Assert.Equal("done", await SendAsync(handle, verb));

        await AssertDoneOnceAsync(verb);
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task LostRequest_IsDoneOnce(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        _grain.LoseNext(static _ => Task.CompletedTask);

        Assert.Equal("done", await SendAsync(handle, verb));

        await AssertDoneOnceAsync(verb);
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task MovedOwner_AfterALostAnswer_IsDoneOnce(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        _grain.LoseNext(async change =>
        {
            await change();
            _grain.Owner = NewOwner();
        });

        Assert.Equal("done", await SendAsync(handle, verb));

        await AssertDoneOnceAsync(verb);
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task RecreatedMeanwhile_TheNewStreamIsLeftAlone(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        _grain.LoseNext(async change =>
        {
            await change();
            await RecreateAsync();
        });

        var said = await SendAsync(handle, verb);

        Assert.Contains(said, new[] { "unknown", "NotFound" });
        await AssertNewAsync();
    }

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task RecreatedMeanwhile_AfterALostRequest_TheNewStreamIsLeftAlone(string verb, bool isClient)
    {
        var handle = await StartAsync(isClient);
        _grain.LoseNext(async _ => await RecreateAsync());

        var said = await SendAsync(handle, verb);

        Assert.Contains(said, new[] { "unknown", "NotFound" });
        await AssertNewAsync();
    }

    /// <summary>The edge knows nothing of a stream before: then it cannot tell it from a successor, and says so.</summary>
    [Theory]
    [InlineData("close")]
    [InlineData("configure")]
    [InlineData("trim")]
    [InlineData("delete")]
    public async Task UnknownStream_AfterALostRequest_IsNotTouched(string verb)
    {
        await Stream.NewAsync();
        await Stream.PutAsync("new");
        var handle = NewHandle(isClient: false);
        _grain.LoseNext(static _ => Task.CompletedTask);

        Assert.Equal("unknown", await SendAsync(handle, verb));

        await AssertNewAsync();
    }

    [Theory]
    [InlineData("append", "done", true)]
    [InlineData("append", "RefusedClosed", false)]
    [InlineData("append with producer", "done", true)]
    [InlineData("append with producer", "RefusedClosed", false)]
    [InlineData("close", "done", true)]
    [InlineData("close", "done", false)]
    [InlineData("configure", "done", true)]
    [InlineData("trim", "done", true)]
    [InlineData("delete", "done", false)]
    public async Task ClosedMeanwhile_SaysWhatHappened(string verb, string expected, bool hasLanded)
    {
        var handle = await StartAsync(isClient: false);
        _grain.LoseNext(async change =>
        {
            await (hasLanded ? change() : Task.CompletedTask);
            _ = await Stream.AppendAsync(new AppendRequest { Close = true }, Token);
        });

        Assert.Equal(expected, await SendAsync(handle, verb));

        if (verb.StartsWith("append", StringComparison.Ordinal))
        {
            Assert.Equal(hasLanded ? ["a", "b", "x"] : ["a", "b"], await Stream.TextsAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_LostAnswer_IsItsOwn(bool isClient)
    {
        var handle = NewHandle(isClient);
        _grain.LoseNext(static change => change());

        Assert.IsType<CreateOutcome.Created>(await CreateAsync(handle));
        Assert.IsType<CreateOutcome.Exists>(await CreateAsync(handle));
    }

    [Fact]
    public async Task Create_LostAnswerAndAnotherOwner_IsItsOwn()
    {
        var handle = NewHandle(isClient: false);
        _grain.LoseNext(async change =>
        {
            await change();
            _grain.Owner = NewOwner();
        });

        Assert.IsType<CreateOutcome.Created>(await CreateAsync(handle));
    }

    [Fact]
    public async Task Create_LostAnswerAndClosedMeanwhile_IsItsOwn()
    {
        var handle = NewHandle(isClient: false);
        _grain.LoseNext(async change =>
        {
            await change();
            _ = await Stream.AppendAsync(new AppendRequest { Close = true }, Token);
        });

        Assert.True(Assert.IsType<CreateOutcome.Created>(await CreateAsync(handle)).Descriptor.Closed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Create_NothingIsThereAfterAnUnknownOutcome_IsUnknownAndCreatesNothing(bool hasLanded)
    {
        var handle = NewHandle(isClient: false);
        _grain.LoseNext(async change =>
        {
            if (hasLanded)
            {
                await change();
                _ = await Stream.DeleteAsync(Token);
            }
        });

        var outcome = Assert.IsType<CreateOutcome.Unavailable>(await CreateAsync(handle));

        Assert.Equal(UnavailableReason.OutcomeUnknown, outcome.Reason);
        Assert.IsType<DescribeOutcome.NotFound>(await Stream.DescribeAsync(Token));
        Assert.IsType<CreateOutcome.Created>(await CreateAsync(handle));
    }

    [Fact]
    public async Task Create_AnotherClientsStreamIsThere_IsNotItsOwn()
    {
        var handle = NewHandle(isClient: false);
        _grain.LoseNext(async change =>
        {
            await change();
            await RecreateAsync();
        });

        Assert.IsType<CreateOutcome.Exists>(await CreateAsync(handle));
        await AssertNewAsync();
    }

    private static async Task<CreateOutcome> CreateAsync(IStreamHandle handle) =>
        await Phase.OfAsync("create", handle.CreateAsync(new CreateRequest(), Token).AsTask());

    private LocalStreamDirectory NewOwner()
    {
        var owner = new LocalStreamDirectory(
            _store, new LocalStreamDirectoryOptions(), TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        _owners.Add(owner);
        return owner;
    }

    private OrleansStreamHandle NewHandle(bool isClient)
    {
        var options = new OrleansStreamDirectoryOptions
        {
            RetryFor = TimeSpan.FromSeconds(10),
            AppendCopyAfter = isClient ? TimeSpan.FromSeconds(1) : null,
        };
        var loss = isClient ? new GatewayLoss() : null;
        var reach = new OwnerReach(null!, new EdgeIdentity("e", 1), options, TimeProvider.System, new Random(1), NullLogger.Instance, loss)
        {
            ChecksRequests = isClient,
        };
        _parts.Add(reach);
        if (loss is not null)
        {
            _parts.Add(loss);
        }

        return new OrleansStreamHandle(reach, _name, _grain);
    }

    /// <summary>A stream with two events that the handle has seen.</summary>
    private async Task<OrleansStreamHandle> StartAsync(bool isClient)
    {
        var handle = NewHandle(isClient);
        Assert.IsType<CreateOutcome.Created>(await CreateAsync(handle));
        await Stream.PutAsync("a", "b");
        return handle;
    }

    private async Task RecreateAsync()
    {
        _ = await Stream.DeleteAsync(Token);
        Assert.IsType<CreateOutcome.Created>(await CreateAsync(Stream));
        await Stream.PutAsync("new");
    }

    private async Task<string> SendAsync(OrleansStreamHandle handle, string verb)
    {
        object outcome = verb switch
        {
            "append" => await handle.AppendAsync(new AppendRequest { Events = TestData.Payloads("x") }, Token),
            "append with producer" => await handle.AppendAsync(
                new AppendRequest { Events = TestData.Payloads("x"), Producer = new ProducerStamp("p", 0, 0) }, Token),
            "close" => await handle.AppendAsync(new AppendRequest { Close = true }, Token),
            "configure" => await handle.ConfigureAsync(new RetentionLimits(Events: 100), Token),
            "trim" => await handle.TrimAsync(await SecondAsync(), Token),
            _ => await handle.DeleteAsync(Token),
        };
        return outcome switch
        {
            AppendOutcome.Appended or AppendOutcome.Duplicate or AppendOutcome.AlreadyClosed or ConfigureOutcome.Configured
                or TrimOutcome.Trimmed or DeleteOutcome.Deleted => "done",
            AppendOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }
                or ConfigureOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }
                or TrimOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown }
                or DeleteOutcome.Unavailable { Reason: UnavailableReason.OutcomeUnknown } => "unknown",
            _ => outcome.GetType().Name,
        };
    }

    private async Task<StreamOffset> SecondAsync()
    {
        var incarnation = (await Stream.StateAsync()).Incarnations.Latest.Incarnation;
        return new StreamOffset(incarnation, 1);
    }

    private async Task AssertDoneOnceAsync(string verb)
    {
        if (verb == "delete")
        {
            Assert.IsType<DescribeOutcome.NotFound>(await Stream.DescribeAsync(Token));
            return;
        }

        var state = await Stream.StateAsync();
        Assert.Equal(verb == "close", state.Closed);
        Assert.Equal(verb == "configure" ? 100 : null, state.Retention.Events);
        Assert.Equal(
            verb switch { "trim" => ["b"], _ when verb.StartsWith("append", StringComparison.Ordinal) => ["a", "b", "x"], _ => ["a", "b"] },
            await Stream.TextsAsync());
    }

    private async Task AssertNewAsync()
    {
        var state = await Stream.StateAsync();
        Assert.Equal((false, null, 0L), (state.Closed, state.Retention.Events, state.Earliest.Sequence));
        Assert.Equal(["new"], await Stream.TextsAsync());
    }
}
