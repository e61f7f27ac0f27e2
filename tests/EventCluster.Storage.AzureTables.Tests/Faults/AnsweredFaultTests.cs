using EventCluster.Abstractions.Store;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core;
using EventCluster.Storage.AzureTables.Tests.Servers;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Storage.AzureTables.Tests.Faults;

/// <summary>Every unexpected answer of the service is an outage for every verb, and is over when it is over.</summary>
public sealed class AnsweredFaultTests(SharedServer shared) : StoreTest(shared)
{
    public static TheoryData<int, string> Statuses => new()
    {
        { 400, "InvalidInput" }, { 401, "Unauthorized" }, { 403, "AuthenticationFailed" }, { 403, "AccountIsDisabled" },
        { 404, "TableNotFound" }, { 405, "MethodNotAllowed" }, { 408, "RequestTimeout" }, { 413, "RequestBodyTooLarge" },
        { 429, "TooManyRequests" }, { 500, "InternalError" }, { 501, "NotImplemented" }, { 502, "BadGateway" }, { 503, "ServerBusy" },
        { 504, "GatewayTimeout" }, { 507, "InsufficientStorage" },
    };

    [Theory]
    [MemberData(nameof(Statuses))]
    public async Task AnyStatus_EveryVerb_AnswersNotNowAndRecoversByItself(int status, string code)
    {
        await using var relay = new AnsweringRelay(Shared.Server.Port);
        var store = await OpenStoreAsync(Shared.NewStore(table: Options.Table, connectionString: AzuriteServer.ConnectionTo(relay.Port)));
        await using var directory = new LocalStreamDirectory(
            store, new LocalStreamDirectoryOptions { MaxAppendBytes = AzureTablesLogStore.MaxAppendBytes }, TimeProvider.System, new Random(1), NullLogger<LocalStreamDirectory>.Instance);
        var stream = directory.GetStream(TestData.Name("a"));
        await stream.NewAsync();
        await stream.PutAsync("1");
        var start = (await stream.StateAsync()).Earliest;
        relay.Answer(status, code);

        UnavailableReason[] allowed = [UnavailableReason.StoreUnreachable, UnavailableReason.OutcomeUnknown];
        for (var round = 0; round < 2; round++)
        {
            var append = await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("2") });
            Assert.Contains(Assert.IsType<AppendOutcome.Unavailable>(append).Reason, allowed);
            Assert.IsType<ReadOutcome.Unavailable>(await stream.PeekAsync(start));
            Assert.IsType<DescribeOutcome.Unavailable>(await directory.GetStream(TestData.Name("b")).DescribeAsync(Cancellation));
            Assert.IsType<DeleteOutcome.Unavailable>(await stream.DeleteAsync(Cancellation));
            Assert.IsType<CreateOutcome.Unavailable>(
                await directory.GetStream(TestData.Name("c")).CreateAsync(new CreateRequest(), Cancellation));
            await Assert.ThrowsAsync<StoreUnreachableException>(async () => await directory.ListAsync("", null, 10, Cancellation));
            await Assert.ThrowsAsync<StoreUnreachableException>(async () => await store.GetHeadAsync(stream.Name, Cancellation));
            await Assert.ThrowsAsync<StoreUnreachableException>(async () => await store.ListDueAsync(0, 1, Cancellation));
        }

        await Phase.UntilAsync(
            "readiness names it",
            () => store.Health.NotReadyReason?.Contains($"{status}", StringComparison.Ordinal) == true, Cancellation);
        relay.LetGo();
        await Phase.UntilAsync("ready again", () => store.Health.NotReadyReason is null, Cancellation);
        await stream.PutAsync("3");
        Assert.Equal("3", (await stream.TextsAsync())[^1]);
    }

    [Theory]
    [InlineData(401, "Unauthorized", true)]
    [InlineData(403, "AuthenticationFailed", true)]
    [InlineData(429, "TooManyRequests", false)]
    [InlineData(503, "ServerBusy", false)]
    [InlineData(409, "TableBeingDeleted", false)]
    public async Task Open_Status_EndsTheStartOrIsWaitedFor(int status, string code, bool isFinal)
    {
        await using var relay = new AnsweringRelay(Shared.Server.Port);
        relay.Answer(status, code);
        var opening = OpenStoreAsync(Shared.NewStore(table: Options.Table, connectionString: AzuriteServer.ConnectionTo(relay.Port)));
        if (isFinal)
        {
            var refusal = await Assert.ThrowsAsync<AzureTablesUnusableException>(() => Phase.OfAsync("the start ends", opening));
            Assert.Contains($"{status}", refusal.Message, StringComparison.Ordinal);
        }
        else
        {
            await Task.WhenAny(opening, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancellation));
            Assert.False(opening.IsCompleted);
            relay.LetGo();
            await Phase.OfAsync("it opens", opening);
        }
    }
}
