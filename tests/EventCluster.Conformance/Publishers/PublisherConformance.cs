using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Xunit;

namespace EventCluster.Conformance.Publishers;

/// <summary>
/// What holds for every way to publish: the same inputs are taken, the others refused with the same codes, and a refused append
/// leaves nothing behind. A way that has no form for some inputs hides <see cref="Cases"/> by a table without them; one that
/// creates streams declares a theory over <see cref="AllCreations"/>, or over those of them that it can say.
/// </summary>
public abstract class PublisherConformance
{
    /// <summary>Ends the test.</summary>
    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The names of all cases.</summary>
    public static TheoryData<string> Cases => [.. PublisherCase.All.Keys];

    /// <summary>The names of all creations.</summary>
    protected static TheoryData<string> AllCreations => [.. CreationCase.All.Keys];

    /// <summary>The stream where appends arrive, past the way in that is tested.</summary>
    protected abstract IStreamHandle Owner(StreamName name);

    /// <summary>Appends the way that is tested; answers the code of the refusal, null when it was appended.</summary>
    protected abstract Task<string?> AppendAsync(StreamName name, PublisherCase append);

    /// <summary>Starts what is tested.</summary>
    protected abstract Task StartAsync();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Append_Case_IsTakenOrRefusedAsEverywhere(string name)
    {
        var append = PublisherCase.All[name];
        await StartAsync();
        var stream = Owner(TestData.Name("s"));
        await CreateAsync(stream, new CreateRequest { ContentType = StreamContentType.Parse(append.ContentType) });

        Assert.Equal(append.Code?.Value, await AppendAsync(stream.Name, append));

        var found = Assert.IsType<DescribeOutcome.Found>(await stream.DescribeAsync(Cancellation)).Descriptor;
        Assert.Equal(append.Code is null ? append.Payloads.Count : 0, found.Tail.Sequence);
        if (append.Code is null)
        {
            var batch = Assert.IsType<ReadOutcome.Batch>(await stream.ReadAsync(
                new ReadRequest(found.Earliest, int.MaxValue, int.MaxValue, TimeSpan.Zero, Touch: false), Cancellation));
            var stored = batch.Slices.SelectMany(slice => Enumerable.Range(slice.Start, slice.Count).Select(i => slice.Block.GetPayload(i).ToArray()));
            Assert.Equal(append.Payloads, stored);
        }
    }

    /// <summary>What holds for every creation.</summary>
    /// <param name="name">Name of the case.</param>
    /// <param name="createAsync">Creates the way that is tested; answers the code of the refusal, null when it was created.</param>
    protected async Task CheckCreationAsync(string name, Func<StreamName, CreationCase, Task<string?>> createAsync)
    {
        var create = CreationCase.All[name];
        await StartAsync();
        var stream = Owner(TestData.Name("made"));

        string? code;
        do
        {
            // A machine that is busy with other things may not answer in time; a creation may be repeated.
            code = await createAsync(stream.Name, create);
        }
        while (code == ErrorCode.OutcomeUnknown.Value);

        Assert.Equal(create.Code?.Value, code);

        Assert.Equal(create.Code is null, await stream.DescribeAsync(Cancellation) is DescribeOutcome.Found);
    }

    [Fact]
    public async Task Append_ToNoStream_IsRefused()
    {
        await StartAsync();

        Assert.Equal("not_found", await AppendAsync(TestData.Name("missing"), PublisherCase.All["text"]));
    }

    [Fact]
    public async Task Append_OfAnotherType_IsRefused()
    {
        await StartAsync();
        var stream = Owner(TestData.Name("s"));
        await CreateAsync(stream, new CreateRequest());

        Assert.Equal(TypedCode, await AppendAsync(stream.Name, PublisherCase.All["text"]));
    }

    /// <summary>What an append of text to a binary stream gets; a way in without content types takes it.</summary>
    protected virtual string? TypedCode => "content_type_mismatch";

    /// <summary>Creates a stream. A slow edge may repeat its own creation and find it.</summary>
    private static async Task CreateAsync(IStreamHandle stream, CreateRequest request) =>
        Assert.True(await stream.CreateAsync(request, Cancellation) is CreateOutcome.Created or CreateOutcome.Exists);
}
